"""The Data API's figures, each with the page that states it.

Pages are of the Amazon Redshift Management Guide unless said otherwise. Whatever botocore's model
states (40 statements in a batch, 24 hours of SessionKeepAliveSeconds, 30 seconds of
WaitTimeSeconds, lengths, patterns) is checked by the door and not repeated here.
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

# "The maximum duration of a query is 24 hours" (Considerations ...).
MAX_DURATION_MS = 24 * HOUR_MS

# "The maximum number of active queries (STARTED and SUBMITTED queries) per Amazon Redshift cluster
# is 500" (Considerations ...; 200 in the page of 2023). What is PICKED is on its way between the
# two, and counts.
MAX_ACTIVE_STATEMENTS = 500

# 500 sessions for each cluster or workgroup (AWS Big Data Blog, "Accelerate your data workflows
# with Amazon Redshift Data API persistent sessions").
MAX_SESSIONS = 500

# "After 24 hours, the session is forced closed and the query is terminated" (API reference,
# ExecuteStatement, SessionKeepAliveSeconds).
MAX_SESSION_MS = 24 * HOUR_MS

# "Lists the sessions that the caller created in the last 24 hours" (API reference, ListSessions).
SESSION_RETENTION_MS = 24 * HOUR_MS

# "The ClientToken expires after 8 hours" (Running SQL statements with an idempotency token when
# calling the Amazon Redshift Data API).
TOKEN_RETENTION_MS = 8 * HOUR_MS

# ListStatements and ListSessions return at most 100 (API reference, MaxResults).
MAX_LISTED = 100

# ListDatabases, ListSchemas, ListTables and DescribeTable return at most 1,000 (botocore's model,
# PageSize).
MAX_CATALOG_PAGE = 1000

# ActiveWaitingRequestsExceededException: "The number of active requests with WaitTimeSeconds for
# the same SQL statement exceeds the limit" (API reference). AWS documents no figure: ours.
MAX_WAITING_REQUESTS = 10

# A page of GetStatementResult. AWS documents no figure: ours.
PAGE_ROWS = 1000
PAGE_BYTES = 1024 * 1024

# How many statements run at once where a warehouse says nothing else: "The total number of query
# slots for all user-defined queues is 50" (Quotas and limits in Amazon Redshift).
CONCURRENCY = 50
