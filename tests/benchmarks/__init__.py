"""What is measured: `make bench`. Each figure stands beside what it is compared with, taken in the same run."""
