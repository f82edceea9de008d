"""One file per revision, frozen once landed."""
