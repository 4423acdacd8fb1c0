"""crmsync keeps a marketing platform's groups and a Salesforce-family CRM's campaigns the same.

Map of the package; arrows are the only allowed imports, checked by import-linter::

    functions/*/app.py -> bootstrap -> services -> ports -> domain
                              |                      ^
                              +----> adapters -------+

``domain`` decides and never acts. ``ports`` name the outside world. ``services`` gather, decide and
apply. ``adapters`` each know one vendor. ``settings`` alone reads the environment.
"""
