// One GET an iteration: at a fixed rate of arrivals (RATE), or in a closed loop of VUS.
import http from 'k6/http';

const open = { executor: 'constant-arrival-rate', rate: Number(__ENV.RATE), timeUnit: '1s', maxVUs: Number(__ENV.VUS),
               preAllocatedVUs: Number(__ENV.VUS), duration: __ENV.DURATION };
const closed = { executor: 'constant-vus', vus: Number(__ENV.VUS), duration: __ENV.DURATION };

export const options = {
  discardResponseBodies: true,
  scenarios: { load: __ENV.RATE ? open : closed },
  summaryTrendStats: ['med', 'p(90)', 'p(95)', 'p(99)', 'max'],
};

export default function () {
  http.get(__ENV.URL);
}
