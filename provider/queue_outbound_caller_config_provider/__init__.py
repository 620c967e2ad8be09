"""The Lambda side of Custom::ConnectQueueOutboundCallerConfig: the handler, and the pure modules behind the construct."""
