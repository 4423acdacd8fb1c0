"""The Salesforce family behind the Crm and OAuth ports.

Pure modules decide what to send and what an answer means (``soql``, ``records``, ``describe``,
``capabilities``, ``composite``, ``writes``, ``results``, ``errors``, ``hosts``); thin ones send it
(``transport``, ``client``, ``reading``, ``writing``) and carry out the ports (``crm``, ``gateway``,
``login``). Nothing outside this package names a Salesforce object.
"""
