package relay

import (
	"fmt"
	"log/slog"

	"github.com/pion/logging"
)

// loggers writes what pion/turn logs for those who look for a fault: it tells every client's address, and a stranger can have it write as
// much as it likes.
type loggers struct{ log *slog.Logger }

// NewLogger implements logging.LoggerFactory.
func (l loggers) NewLogger(scope string) logging.LeveledLogger {
	return logger{l.log.With("scope", scope)}
}

type logger struct{ log *slog.Logger }

func (logger) Trace(string)                     {}
func (logger) Tracef(string, ...any)            {}
func (logger) Debug(string)                     {}
func (logger) Debugf(string, ...any)            {}
func (l logger) Info(text string)               { l.log.Debug(text) }
func (l logger) Infof(format string, a ...any)  { l.log.Debug(fmt.Sprintf(format, a...)) }
func (l logger) Warn(text string)               { l.log.Debug(text) }
func (l logger) Warnf(format string, a ...any)  { l.log.Debug(fmt.Sprintf(format, a...)) }
func (l logger) Error(text string)              { l.log.Debug(text) }
func (l logger) Errorf(format string, a ...any) { l.log.Debug(fmt.Sprintf(format, a...)) }
