"""The stores, on DynamoDB.

PynamoDB models (`*_rows`) map items to attributes and never leave this package; `database` and
`table` send them over one client per container. Every partition key starts with the tenant.
"""
