"""A real model of 135 million weights: does thinking again help it, before and after training?"""
