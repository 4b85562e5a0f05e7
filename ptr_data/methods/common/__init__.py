"""What builds by any method share."""
