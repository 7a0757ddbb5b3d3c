"""What the built program says of sounds made for the purpose."""
