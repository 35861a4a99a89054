"""What leaves the house: a dataset's card and papers, what its own audit says, and the way to the Hub."""
