"""The story of June 2022 in Zhengzhou, tried on this software: 1,317 depositors to be turned red.

446 had scanned a venue code in the city, 871 a photo of one elsewhere. Here everybody with power
over the system tries it again, each in his own way, and the story tells what comes of it. Whatever
it claims is measured as it is told. People, evidence and keys are invented; the figures and what
was tried are as reported.
"""
