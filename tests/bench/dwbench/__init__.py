# SPDX-License-Identifier: ISC
"""The bench: what is measured, against what, and the table that comes of it. The load is made by the C programs beside this package."""
