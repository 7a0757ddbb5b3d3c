"""What the program does between mp3 and features, in Python, for training and checks."""
