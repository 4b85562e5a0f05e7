"""Is the strong model really stronger?"""
