"""The churn model: who will buy nothing in the coming horizon."""
