"""What a plan would do, for people (`terminal`), for `git apply` (`diff`), for programs (`report`), and for the reviewers
of a pull request (`html`, `pr_text`)."""
