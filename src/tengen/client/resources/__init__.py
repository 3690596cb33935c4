"""What can be asked of the platform, a file for each part of it: the operations, and the methods of both clients."""
