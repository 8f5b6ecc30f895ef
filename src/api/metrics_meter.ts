// As much of OpenTelemetry's interface for metrics as the monitor exports to.

/** What tells values of one instrument apart. */
export type MetricAttributes = Record<string, string>;

/** What an instrument measures. */
export interface InstrumentOptions {
  /** In a sentence. */
  readonly description: string;
  /** As UCUM writes it. */
  readonly unit: string;
}

/** An instrument for a distribution. */
export interface MetricRecorder {
  /** Takes a value. */
  record(value: number, attributes?: MetricAttributes): void;
}

/** An instrument that counts. */
export interface MetricCounter {
  /** Adds to it. */
  add(value: number, attributes?: MetricAttributes): void;
}

/** Takes the values of an instrument that is asked. */
export interface MetricObserver {
  /** Takes a value. */
  observe(value: number, attributes?: MetricAttributes): void;
}

/** An instrument that is asked when somebody collects. */
export interface ObservableMetric {
  /** Adds who is asked. */
  addCallback(callback: (result: MetricObserver) => void): void;
  /** Takes it away. */
  removeCallback(callback: (result: MetricObserver) => void): void;
}

/** As much of OpenTelemetry's `Meter` as the monitor uses. */
export interface MetricsMeter {
  /** Durations. */
  createHistogram(name: string, options: InstrumentOptions): MetricRecorder;
  /** Moves. */
  createCounter(name: string, options: InstrumentOptions): MetricCounter;
  /** Memory. */
  createObservableUpDownCounter(name: string, options: InstrumentOptions): ObservableMetric;
  /** Instructions and fuel. */
  createObservableCounter(name: string, options: InstrumentOptions): ObservableMetric;
}
