/** A moment that comes again and again, in local time. */
export interface Recurrence {
  readonly every: 'hour' | 'day' | 'week' | 'month' | 'year'
  /** Milliseconds into the day. */
  readonly atMs: number
  /** 0 is Sunday; only where it is once a week. */
  readonly weekday: number
}

const frequencies: Readonly<Record<string, Recurrence['every']>> = {
  hourly: 'hour',
  daily: 'day',
  midnight: 'day',
  weekly: 'week',
  monthly: 'month',
  yearly: 'year',
}
const weekdays = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday']
const timeOfDay = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/

/** Reads `daily`, `00:00`, `monday`, `sunday at 18:30`, `hourly`, `monthly`; nothing where it is no such words. */
export function readRecurrence(text: string): Recurrence | undefined {
  const words = text.trim().toLowerCase()
  const every = Object.hasOwn(frequencies, words) ? frequencies[words] : undefined
  if (every !== undefined) return { every, atMs: 0, weekday: 1 }
  const [first = '', ...rest] = words.split(/\s+(?:at\s+)?/)
  const weekday = weekdays.indexOf(first)
  if (weekday < 0) return rest.length === 0 ? at(first, { every: 'day', weekday: 1 }) : undefined
  return rest.length > 1 ? undefined : at(rest[0] ?? '00:00', { every: 'week', weekday })
}

function at(time: string, day: Pick<Recurrence, 'every' | 'weekday'>): Recurrence | undefined {
  const [, hours, minutes, seconds = 0] = timeOfDay.exec(time) ?? []
  if (hours === undefined) return undefined
  return { ...day, atMs: (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000 }
}

/** When it is the next time after `ms`. */
export function nextAfter(ms: number, recurrence: Recurrence): number {
  const moment = candidate(new Date(ms), recurrence)
  while (moment.getTime() <= ms) step(moment, recurrence.every)
  return moment.getTime()
}

/** The moment in the period of `from`. The calendar does the sums, because a day may have 23 or 25 hours. */
function candidate(from: Date, { every, atMs, weekday }: Recurrence): Date {
  const [year, month, day] = [from.getFullYear(), from.getMonth(), from.getDate()]
  switch (every) {
    case 'hour':
      return new Date(year, month, day, from.getHours())
    case 'day':
      return new Date(year, month, day, 0, 0, 0, atMs)
    case 'week':
      return new Date(year, month, day - ((from.getDay() - weekday + 7) % 7), 0, 0, 0, atMs)
    case 'month':
      return new Date(year, month, 1)
    case 'year':
      return new Date(year, 0, 1)
  }
}

function step(moment: Date, every: Recurrence['every']): void {
  if (every === 'hour') moment.setTime(moment.getTime() + 3_600_000)
  else if (every === 'day') moment.setDate(moment.getDate() + 1)
  else if (every === 'week') moment.setDate(moment.getDate() + 7)
  else if (every === 'month') moment.setMonth(moment.getMonth() + 1)
  else moment.setFullYear(moment.getFullYear() + 1)
}
