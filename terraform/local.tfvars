# What a rehearsal wants otherwise: `python -m simulator deploy --target local` reads it, AWS never does.

secret_recovery_days   = 0
delete_data_on_destroy = true
final_snapshot         = { enabled = false }
