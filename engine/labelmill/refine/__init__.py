"""Reading the text: a second step after the label model, which learns from what it labeled."""
