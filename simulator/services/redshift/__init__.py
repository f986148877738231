"""Amazon Redshift's clusters and Serverless; its Data API is redshift_data."""
