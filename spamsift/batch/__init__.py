"""Many pages: any input, no page lost, no run lost.

spamsift batch INPUT… -o OUT            # the command, see spamsift/batch_command.py
spamsift.batch.sift_many(pages)         # anyone's own loop, isolated in the same way
spamsift.batch.run(Plan(...))           # what the command does
"""
