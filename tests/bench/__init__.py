"""Speed and memory, measured side by side with a ceiling in the same run: `make bench`.

The machines are shared and noisy, so a ratio to the ceiling of the same minute says more than any absolute figure,
and nothing here is a test. All traffic goes to loopback and every run is bounded in count or time.
"""
