"""crmsync keeps a marketing platform's groups and a Salesforce-family CRM's campaigns the same.

Map of the package; imports go the way of the arrows and never back, checked by import-linter::

    functions/*/app.py -> routes -> bootstrap -> services -> ports -> domain
                             |          |                      ^
                             +-> http   +----> adapters -------+

``domain`` decides and never acts. ``ports`` name the outside world. ``services`` gather, decide and
apply. ``adapters`` each know one vendor. ``bootstrap`` puts them together. ``routes`` and ``http``
are how people reach them. ``settings`` alone reads the environment.
"""
