// OpenTelemetry's interface for metrics. Loaded when somebody exports to it, so whoever needs it imports this file dynamically.

export { metrics } from "npm:@opentelemetry/api@1.10.0";
