"""Organs, posts, powers, approvals and looks: who may do what. Knows no colour and no rule."""
