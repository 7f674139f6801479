"""The torch optimizers: one class that runs any rule, and a class for each rule with torch's arguments.

May import everything else of this floor.
"""
