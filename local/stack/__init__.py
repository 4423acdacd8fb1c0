"""The whole product on one machine: an emulated AWS, the stand-in orgs, template.yaml deployed.

`python -m local.stack up` leaves everything running and says where it is in `.local/stack.json`;
`down` ends it. Neither knows anything of the product but what the template's outputs tell.
"""
