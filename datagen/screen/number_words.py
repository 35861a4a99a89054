"""Numbers in words, and what they are worth."""

SMALL_NUMBERS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
SMALL_VALUES = {word: value for value, word in enumerate(SMALL_NUMBERS)}
TENS_VALUES = {word: 10 * value for value, word in enumerate(TENS, start=2)}
