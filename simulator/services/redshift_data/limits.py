"""The Data API's figures, each with the page that states it.

Pages are of the Amazon Redshift Management Guide unless said otherwise. Whatever botocore's model
states (40 statements in a batch, lengths, patterns) is checked by the door and not repeated here.
"""

from __future__ import annotations

HOUR_MS = 3_600_000

# "The maximum query statement size is 100 KB" (Considerations when calling the Amazon Redshift
# Data API).
MAX_STATEMENT_BYTES = 100 * 1024

# "The Data API limit is 500 MB in the result set returned by the database" (Troubleshooting issues
# for Amazon Redshift Data API; 100 MB in older versions of the page).
MAX_RESULT_BYTES = 500 * 1024 * 1024

# "The maximum retention time for query results is 24 hours" (Considerations ...). The statement's
# description goes with it.
RETENTION_MS = 24 * HOUR_MS

# "The ClientToken expires after 8 hours" (Running SQL statements with an idempotency token when
# calling the Amazon Redshift Data API).
TOKEN_RETENTION_MS = 8 * HOUR_MS

# ListStatements returns at most 100 statements (API reference, MaxResults).
MAX_LISTED = 100

# A page of GetStatementResult. AWS documents no figure: ours.
PAGE_ROWS = 1000
PAGE_BYTES = 1024 * 1024
