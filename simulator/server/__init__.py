"""AWS's wire protocols on one port, answered by the simulation's own services and by moto.

`port` listens, `requests` and `codecs` read and write what is on the wire, `owner` is the one
thread that the simulation lives on, `account` says who answers.
"""
