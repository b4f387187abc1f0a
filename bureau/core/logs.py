"""Log lines as JSON: one object a line, no personal data, line breaks escaped."""

import json
import logging


class JsonFormatter(logging.Formatter):
    """Formats a record as one JSON object: time, level, logger, message, and the error's trace."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        request_id = getattr(record, "request_id", "")
        if request_id:
            line["request_id"] = request_id
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
