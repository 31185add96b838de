"""Questions asked of a case that take more than one solve."""
