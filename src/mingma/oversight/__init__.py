"""What public counts say about those who have power over codes: detectors, samples, small cells."""
