"""The HTTP API: one module per resource, its routes and the models of its bodies and answers.

Above bootstrap in the map of the package. A route reads the request, calls one service, and says
what it gave back; every refusal is a domain error that `crmsync.http` turns into a problem.
"""
