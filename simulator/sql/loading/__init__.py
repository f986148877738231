"""COPY, UNLOAD and external tables: files of the lake in, files of the lake out."""
