"""The life of an event after it is stored: partitions, clean-up."""
