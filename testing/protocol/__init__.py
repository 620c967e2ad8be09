"""CloudFormation's part, played exactly: orders of events, deliveries, deaths and answers, against the real handler."""
