"""Other people's Salesforce clients, unchanged, judge the stand-in org: `make judge`."""
