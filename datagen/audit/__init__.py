"""What a parallel-thinking dataset is worth, measured with one yardstick: our own builds and other people's alike.

A dataset is read example by example, whatever its format (`reading/`), every example is looked at by every check
(`checks/`), and what they found is told for people and for programs. Nothing here asks how a dataset was made.
"""
