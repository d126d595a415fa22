"""What sources that ask a network share: one way to call, records of answers, checks of them."""
