"""The Amazon States Language: text in, a typed definition or diagnostics out.

No time, no I/O, no AWS.
"""
