"""What a plan would do: for people (`terminal`), for `git apply` (`diff`), for programs (`report`), and for those who
review a pull request (`html`, `pr_text`)."""
