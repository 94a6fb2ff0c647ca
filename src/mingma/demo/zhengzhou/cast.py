"""Who is in the story: the depositors, others who were hit, and those who try."""

from __future__ import annotations

from typing import Final

IN_THE_CITY: Final = 446  # scanned a venue code there
FROM_A_PHOTO: Final = 871  # scanned a photo of one, elsewhere
DEPOSITORS: Final = tuple(f"depositor-{n:04}" for n in range(1, IN_THE_CITY + FROM_A_PHOTO + 1))
FRAMED: Final = DEPOSITORS[:3]  # whom three accomplices pick later on
FAMILY: Final = ("spouse", "child-1", "child-2")
RELATIVE: Final = "relative"  # of theirs, who did meet the case
LITIGANT: Final = "litigant"
PATIENT: Final = "patient"  # a true case

INVESTIGATOR: Final = "zz-cdc-investigator"
SOCIAL, SUPPLIER, BUREAU = "zz-social-liaison", "ha-supplier-liaison", "zz-data-executor"
COURT: Final = "zz-court-liaison"
