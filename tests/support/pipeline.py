"""The Store Sales pipeline's states that run SQL, in their order."""

BUILD, ADDRESS, ITEM, FACT, CHECK = JOBS = (
    "BuildDB",
    "CustomerAddressDimensionLoadJob",
    "ItemDimensionLoadJob",
    "StoreSalesFactLoadJob",
    "ValidateSalesMetric",
)
