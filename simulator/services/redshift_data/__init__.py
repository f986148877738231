"""The Redshift Data API: statements with their life cycle in virtual time, over real SQL."""

from simulator.services.redshift_data.service import RedshiftData
from simulator.services.redshift_data.statements import StatementView, SubStatementView

__all__ = ["RedshiftData", "StatementView", "SubStatementView"]
