"""What a plan would do, for people (`terminal`), for `git apply` (`diff`) and for programs (`report`)."""
