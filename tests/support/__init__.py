"""What tests share: released trees to work on, code run inside them, small synthetic systems."""
