"""What keeps a store in good order: the checks of the doctor, and further chances."""
