"""The command `queue-outbound-caller-config`: a fleet of queues, seen and kept under control from a terminal.

It uses the provider's own modules for parsing, looking numbers up, reading ledgers and reconciling.
"""
