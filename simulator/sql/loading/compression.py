"""Files packed as the options of COPY and UNLOAD say: gzip, bzip2, zstd."""

from __future__ import annotations

import bz2
import gzip
import io
import zlib

from simulator.sql.loading.arrow import arrow_module


def unpacked(content: bytes, compression: str) -> bytes:
    """The content of a file packed as COPY's option says. Raises ValueError."""
    try:
        if compression == "gzip":
            return gzip.decompress(content)
        if compression == "bzip2":
            return bz2.decompress(content)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(str(error)) from None
    if compression == "zstd":
        arrow = arrow_module("pyarrow", "COPY ... ZSTD")
        try:
            with arrow.input_stream(io.BytesIO(content), compression="zstd") as stream:
                return bytes(stream.read())
        except OSError as error:
            raise ValueError(str(error)) from None
    return content


def packed(content: bytes, compression: str) -> bytes:
    """The content as a file packed so; as it is where there is no compression."""
    if compression == "gzip":
        # No time in it: the same rows are the same bytes.
        return gzip.compress(content, mtime=0)
    if compression == "bzip2":
        return bz2.compress(content)
    if compression == "zstd":
        arrow = arrow_module("pyarrow", "UNLOAD ... ZSTD")
        stream = io.BytesIO()
        with arrow.CompressedOutputStream(stream, "zstd") as written:
            written.write(content)
            written.flush()
            written.close()
        return stream.getvalue()
    return content
