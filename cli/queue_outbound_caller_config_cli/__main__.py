"""`python -m queue_outbound_caller_config_cli`."""

from .main import main

if __name__ == "__main__":
    main()
